// In a project of your own: '@pgherd/bitemporal', and this file is not needed.
export * from '../../../packages/bitemporal/src/index.ts'
