/** What the planner knows about its world: predicates, and the types of their values. */
export type WorldFacts = {
  /** Of a robot: the shelf it stands at. */
  at: string
  /** Of a shelf: the zone it belongs to. */
  zone: string
  /** Of a robot: what it holds, if anything. */
  holds: string
  /** Of a robot: a structure. */
  arm: { reach: number; joints: number }
}
