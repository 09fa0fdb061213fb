import { entities } from '../entities.js';
import { schema } from '../schema.generated.js';
import { entityValidators } from './entity-validators.js';

/** The rules that the entity classes state, for the Worker and for the client. */
export const validators = entityValidators(schema, entities);
