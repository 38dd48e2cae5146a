/** A row stays when its key is deleted, without the name of the person, so that erased is told from lost. */
export const subjectKeys = (es: string): string => `
create table ${es}.subject_key (
  id uuid primary key,
  subject text collate "C" unique,
  key bytea,
  -- by which the key is wrapped; null: it is not
  master_key text collate "C",
  created_at timestamptz not null default clock_timestamp(),
  erased_at timestamptz,
  check ((subject is null) = (key is null) and (key is null) = (erased_at is not null))
);
`
