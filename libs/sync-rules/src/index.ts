export { type Claims, type Principal } from './principal.js';
export { ANY_KEY, clientKey, keyCondition, rowKeyOf, rowKeysOf } from './row-keys.js';
export { claimValue, matches, type InScope } from './row-predicate.js';
export { ruleToSql } from './rule-to-sql.js';
export { rulesText } from './rules-text.js';
