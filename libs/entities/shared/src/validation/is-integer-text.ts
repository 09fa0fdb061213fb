import { ValidateBy, type ValidationOptions } from 'class-validator';

const INTEGER = /^-?\d{1,19}$/;
const INT8_MIN = -(2n ** 63n);
const INT8_MAX = 2n ** 63n - 1n;

export interface IntegerTextBounds {
  /** Inclusive. Default: the least `bigint`. */
  readonly min?: bigint;
  /** Inclusive. Default: the greatest `bigint`. */
  readonly max?: bigint;
}

/** A Postgres `bigint` as decimal text. A JS number would be rounded beyond 2^53 (I10). */
export function IsIntegerText(bounds: IntegerTextBounds = {}, options?: ValidationOptions): PropertyDecorator {
  const { min = INT8_MIN, max = INT8_MAX } = bounds;
  return ValidateBy(
    {
      name: 'isIntegerText',
      validator: {
        validate: (value) =>
          typeof value === 'string' && INTEGER.test(value) && BigInt(value) >= min && BigInt(value) <= max,
        defaultMessage: () => `$property must be a whole number from ${min} to ${max}`,
      },
    },
    options,
  );
}
