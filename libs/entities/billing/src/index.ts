export { INVOICE_STATUSES, Invoice, type InvoiceStatus } from './invoice.js';
export { PAYMENT_METHODS, PAYMENT_STATUSES, Payment, type PaymentMethod, type PaymentStatus } from './payment.js';
