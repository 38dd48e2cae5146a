import type { Clock } from '../clock.ts'

/** Two clocks moved by hand: `pass` moves both, `setWall` the wall alone. */
export class FakeClock implements Clock {
  #wall: number
  #monotonic = 1000

  constructor(start: string) {
    this.#wall = Date.parse(start)
  }

  now(): Date {
    return new Date(this.#wall)
  }

  monotonic(): number {
    return this.#monotonic
  }

  pass(seconds: number): void {
    this.#wall += seconds * 1000
    this.#monotonic += seconds * 1000
  }

  setWall(time: string): void {
    this.#wall = Date.parse(time)
  }
}
