const LENGTH = /\(\s*\d+(\s*,\s*-?\d+)?\s*\)/;

/**
 * The type as which a text parameter is read before it is assigned to a column of `type` (as `format_type` prints it). Without its length: an
 * explicit cast to `varchar(3)` cuts 'abcd' to 'abc' in silence, where the assignment alone is an error, as it must be. `character` and
 * `bit` without a length mean a length of one, hence their unlimited forms.
 */
export function castType(type: string): string {
  const bare = type.replace(LENGTH, '');
  if (bare === 'character' || bare.startsWith('character[')) return bare.replace('character', 'bpchar');
  if (bare === 'bit' || bare.startsWith('bit[')) return bare.replace('bit', 'bit varying');
  return bare;
}
