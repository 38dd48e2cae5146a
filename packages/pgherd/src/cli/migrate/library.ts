/**
 * The one place where the platform takes @pgherd/migrate, by its source: it is bundled (scripts/build.ts), so that what is
 * installed of pgherd needs no second package, and only `pgherd migrate` loads it.
 */
export * from '../../../../migrate/src/index.ts'
