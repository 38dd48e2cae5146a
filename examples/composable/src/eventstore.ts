// In a project of your own: '@pgherd/eventstore', and this file is not needed.
export * from '../../../packages/eventstore/src/index.ts'
