import type { DurableObject } from 'cloudflare:workers';
import type { Env } from '../env.js';

/** A Durable Object class as an entry module exports it: what is private to it stays so in its declaration, too. */
export type ObjectClass<Methods> = new (state: DurableObjectState, env: Env) => DurableObject<Env> & Methods;
