-- what was planned, and what was known then: facts as of that time explain it for ever
create table plan (
  id bigint generated always as identity primary key,
  robot text not null,
  goal text not null,
  holds_at timestamptz not null,
  known_at timestamptz not null
);
create index plan_robot on plan (robot, holds_at);
