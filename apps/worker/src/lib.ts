export { type AppDefinition, type DevSignIn } from './app.js';
export { createWorker } from './create-worker.js';
