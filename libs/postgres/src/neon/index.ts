export { connectNeon, type ConnectNeonOptions } from './connect-neon.js';
