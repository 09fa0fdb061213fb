export {
  runSimulation,
  type SimulationFailure,
  type SimulationOptions,
  type SimulationReport,
} from './run-simulation.js';
export { type Sabotage } from './sabotage.js';
