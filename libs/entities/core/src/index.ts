export { Tenant } from './tenant.js';
export { USER_ROLES, User, type UserRole } from './user.js';
export { Profile } from './profile.js';
