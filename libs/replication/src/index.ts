export {
  Distribution,
  type DistributionEffect,
  type DistributionEvent,
  type DistributionOptions,
  type Registration,
} from './distribution/index.js';
