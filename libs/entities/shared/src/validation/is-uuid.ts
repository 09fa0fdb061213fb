import { ValidateBy, type ValidationOptions } from 'class-validator';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * Any 128 bits that Postgres takes for a uuid. class-validator's `IsUUID` also checks version and variant bits, and so refuses
 * ids that other programs derive from a hash (`md5(…)::uuid`).
 */
export function IsUuid(options?: ValidationOptions): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isUuid',
      validator: {
        validate: (value) => typeof value === 'string' && UUID.test(value),
        defaultMessage: () => '$property must be a uuid',
      },
    },
    options,
  );
}
