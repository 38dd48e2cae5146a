import type { PromiseCheck } from './promise.ts'
import { backupProven } from './promises/backup-proven.ts'
import { checksumsAndEncoding } from './promises/checksums-and-encoding.ts'
import { encryptedConnections } from './promises/encrypted-connections.ts'
import { extensionsPresent } from './promises/extensions-present.ts'
import { healthEndpoints } from './promises/health-endpoints.ts'
import { healthFunctions } from './promises/health-functions.ts'
import { leastPrivilege } from './promises/least-privilege.ts'
import { objectivesMet } from './promises/objectives-met.ts'
import { plaintextRefused } from './promises/plaintext-refused.ts'
import { pointInTime } from './promises/point-in-time.ts'
import { prometheusMetrics } from './promises/prometheus-metrics.ts'
import { roleSettings } from './promises/role-settings.ts'
import { scramPasswords } from './promises/scram-passwords.ts'
import { secretsProtected } from './promises/secrets-protected.ts'
import { settingsInForce } from './promises/settings-in-force.ts'
import { uuidV7 } from './promises/uuid-v7.ts'

/** In the order they are shown: the server, its doors, its health, its backups. */
export const promises: readonly PromiseCheck[] = [
  settingsInForce,
  checksumsAndEncoding,
  extensionsPresent,
  uuidV7,
  encryptedConnections,
  plaintextRefused,
  scramPasswords,
  leastPrivilege,
  roleSettings,
  secretsProtected,
  healthFunctions,
  healthEndpoints,
  prometheusMetrics,
  pointInTime,
  backupProven,
  objectivesMet,
]
