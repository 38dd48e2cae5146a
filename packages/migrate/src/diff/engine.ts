import type { extract as Extract, ExtractResult } from '@supabase/pg-delta/extract'
import type { renderPlanFiles as Render } from '@supabase/pg-delta/frontends'
import type { plan as MakePlan, Plan } from '@supabase/pg-delta/plan'
import { diagnose, MigrateError } from '../diagnostic/diagnostic.ts'

/** The part of @supabase/pg-delta that is used. docs/decisions/schema-diff.md says why it is this engine. */
export interface Engine {
  readonly extract: typeof Extract
  readonly plan: typeof MakePlan
  readonly renderPlanFiles: typeof Render
}

export type Facts = ExtractResult
export type EnginePlan = Plan

/** Loads it when it is first needed: programs that only run migrations need not install it. */
export async function loadEngine(): Promise<Engine> {
  try {
    const [{ extract }, { plan }, { renderPlanFiles }] = await Promise.all([
      import('@supabase/pg-delta/extract'),
      import('@supabase/pg-delta/plan'),
      import('@supabase/pg-delta/frontends'),
    ])
    return { extract, plan, renderPlanFiles }
  } catch (error) {
    throw new MigrateError(
      [
        diagnose('MIGRATE_DIFF_ENGINE_MISSING', {
          detail: `@supabase/pg-delta compares the schemas and could not be loaded: ${error instanceof Error ? error.message : String(error)}`,
          mend: 'npm install --save-dev --save-exact @supabase/pg-delta@1.0.0-alpha.34',
        }),
      ],
      { cause: error },
    )
  }
}
