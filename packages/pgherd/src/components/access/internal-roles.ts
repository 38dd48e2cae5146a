import { bootstrapRole, monitorRole, poolerRole, replicationRole, rewindRole } from '../reserved-names.ts'

/** Roles of pgherd itself that come in over the socket, by peer map. On a single server they have no passwords. */
export const internalRoles = [bootstrapRole, monitorRole, replicationRole] as const

/** Roles of pgherd itself that come in over TLS with a password, between the members of a cluster. */
export const clusterRoles = [monitorRole, poolerRole, replicationRole, rewindRole] as const

/** The peer map in pg_ident.conf that leads to them. */
export const peerMap = 'pgherd'
