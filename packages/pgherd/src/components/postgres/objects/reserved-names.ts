export { replicationRole } from '../../reserved-names.ts'
