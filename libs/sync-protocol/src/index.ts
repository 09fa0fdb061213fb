export { LIMITS } from './limits.js';
export { BEARER_PREFIX, PING, PONG, PROTOCOL_FLOOR, PROTOCOL_VERSION, SUBPROTOCOL } from './protocol-version.js';
export { decodeJson, decodeValue } from './decode.js';
export { mutationResultSchema, type MutationResult } from './schemas.js';
export {
  clientMessageSchema,
  decodeClientMessages,
  encodeClientMessages,
  type ClientMessage,
} from './client-message.js';
export {
  decodeServerMessages,
  encodeServerMessages,
  serverMessageSchema,
  type ServerMessage,
} from './server-message.js';
export { type Hello } from './messages/hello.js';
export { type Received } from './messages/received.js';
export { type Auth } from './messages/auth.js';
export { type Welcome } from './messages/welcome.js';
export { type Begin } from './messages/begin.js';
export { rowChangeSchema, type Changes, type RowChange } from './messages/changes.js';
export { type SchemaChange } from './messages/schema-change.js';
export { type Commit } from './messages/commit.js';
export { type Fill } from './messages/fill.js';
export { tableHashSchema, type Checkpoint } from './messages/checkpoint.js';
export { type Verify } from './messages/verify.js';
export { resyncCauses, type Resync, type ResyncCause } from './messages/resync.js';
export { type ErrorFrame } from './messages/error.js';
export {
  mutationSchema,
  pushConflictSchema,
  pushRequestSchema,
  pushResponseSchema,
  type Mutation,
  type MutationChange,
  type PushConflict,
  type PushRequest,
  type PushResponse,
} from './http/push.js';
export {
  registerRequestSchema,
  registerResponseSchema,
  type RegisterRequest,
  type RegisterResponse,
} from './http/clients.js';
export {
  snapshotAnswerSchema,
  snapshotFormats,
  snapshotManifestSchema,
  snapshotRequestSchema,
  tailLineSchema,
  tailRequestSchema,
  type SnapshotAnswer,
  type SnapshotChunk,
  type SnapshotFormat,
  type SnapshotManifest,
  type SnapshotRequest,
  type SnapshotTable,
  type TailLine,
  type TailRequest,
} from './http/snapshots.js';
export { migrationsAnswerSchema, schemaAnswerSchema, type MigrationsAnswer, type SchemaAnswer } from './http/schema.js';
export { errorOfProblem, problemOf, type Problem } from './http/problem.js';
export {
  devSignInRequestSchema,
  devSignInResponseSchema,
  devUserSchema,
  devUsersResponseSchema,
  type DevSignInResponse,
  type DevUser,
} from './http/dev-sign-in.js';
export {
  adminStatusSchema,
  type AdminInstance,
  type AdminInstanceState,
  type AdminStatus,
} from './http/admin-status.js';
