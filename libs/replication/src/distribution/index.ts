export {
  Distribution,
  type DistributionEffect,
  type DistributionEvent,
  type DistributionOptions,
} from './distribution.js';
export { type Registration } from './instance.js';
