import { gucOf, type Major } from './gucs/guc.ts'
import { preloadLibraries } from './preload-libraries.ts'

/**
 * What it takes for a changed setting to count. Settings of extensions pgherd does not know are said to
 * need a reload; after it the server itself names those that wait for a restart (pg_settings.pending_restart).
 */
export function impactOf(name: string, major: Major): 'reload' | 'restart' {
  const guc = gucOf(name, major)
  if (guc) return guc.context === 'postmaster' ? 'restart' : 'reload'
  const lower = name.toLowerCase()
  const ofExtension = preloadLibraries.some(
    ({ databaseSetting, settings = {} }) => lower === databaseSetting || lower in settings,
  )
  return ofExtension ? 'restart' : 'reload'
}
