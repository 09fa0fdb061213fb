import { errorText } from '@millrace/kernel';
import type { EntityClass } from '@millrace/entities-shared';
import type { EntityMetadata } from 'typeorm';
import { metadataOf } from './entity-metadata.js';

type Relation = EntityMetadata['relations'][number];

/**
 * What is wrong with the relations between entities, a line each. A missing target is an error of TypeORM's own; a wrong inverse property is
 * not: TypeORM then knows of no inverse, and finds nothing through it.
 */
export async function relationFaults(classes: readonly EntityClass[]): Promise<readonly string[]> {
  let metadatas: readonly EntityMetadata[];
  try {
    metadatas = (await metadataOf(classes)).entityMetadatas;
  } catch (error) {
    return [errorText(error)];
  }
  return metadatas.flatMap(({ name, relations }) => relations.flatMap((relation) => faultOf(name, relation)));
}

function faultOf(entity: string, relation: Relation): readonly string[] {
  const { propertyName, inverseRelation, inverseEntityMetadata: target } = relation;
  const wanted = inverseNameOf(relation);
  if (wanted === null) return [];
  const at = `${entity}.${propertyName}`;
  if (!inverseRelation) return [`${at}: ${target.name} has no relation “${wanted}”, which is named as its inverse`];
  if (inverseRelation.inverseEntityMetadata.name !== entity) {
    return [`${at}: its inverse ${target.name}.${wanted} leads to ${inverseRelation.inverseEntityMetadata.name}`];
  }
  const back = inverseNameOf(inverseRelation);
  if (back !== null && back !== propertyName)
    return [`${at}: its inverse ${target.name}.${wanted} names “${back}” as its own inverse`];
  return [];
}

/** The property that a relation names as its inverse; null if it names none. */
function inverseNameOf({ givenInverseSidePropertyFactory: given, inverseEntityMetadata }: Relation): string | null {
  if (!given) return null;
  return typeof given === 'string' ? given : String(given(inverseEntityMetadata.propertiesMap));
}
