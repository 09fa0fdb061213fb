/** Version of the schema that these entities describe, `major.minor.patch` [M2]. */
export const SCHEMA_VERSION = '1.0.0';
