import { ValidateBy, type ValidationArguments, type ValidationOptions } from 'class-validator';
import { dependsOn } from './depends-on.js';
import { parseTimestampText, type Microseconds } from './timestamp-text.js';

/** A point in time: Postgres text (as rows travel) or a Date (as TypeORM reads it). */
export function IsTimestamp(options?: ValidationOptions): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isTimestamp',
      validator: {
        validate: (value) => instantOf(value) !== null,
        defaultMessage: () => '$property must be a date and time',
      },
    },
    options,
  );
}

/** Not earlier than the other property. Says nothing while one of the two is missing or unreadable: that is another rule's complaint. */
export function IsNotBefore(other: string, options?: ValidationOptions): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isNotBefore',
      constraints: [other],
      validator: {
        validate: (value, args) => isNotBefore(instantOf(value), instantOf(otherValue(args, other))),
        defaultMessage: () => '$property must not be before $constraint1',
      },
    },
    { ...options, ...dependsOn(other) },
  );
}

function isNotBefore(later: Microseconds | null, earlier: Microseconds | null): boolean {
  return later === null || earlier === null || later >= earlier;
}

function otherValue(args: ValidationArguments | undefined, property: string): unknown {
  return (args?.object as Record<string, unknown> | undefined)?.[property];
}

function instantOf(value: unknown): Microseconds | null {
  if (typeof value === 'string') return parseTimestampText(value);
  if (value instanceof Date && !Number.isNaN(value.getTime())) return BigInt(value.getTime()) * 1_000n;
  return null;
}
