/** ISO 4217, as `char(3)` holds it. */
export const CURRENCY_CODE = /^[A-Z]{3}$/;
export const CURRENCY_MESSAGE = '$property must be a currency code of three capital letters, such as USD';
