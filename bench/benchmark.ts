import type { Contender, Rounds } from './measure.js'

/** How many times as long as another program ours may take. */
export interface Limit {
  /** Titles of contenders of the same race. */
  ours: string
  theirs: string
  most: number
  /** Milliseconds that may come on top. */
  plusMs?: number
}

/** Programs that are run in turns and compared. */
export interface Race {
  contenders: Contender[]
  limits: Limit[]
  rounds: Rounds
  /** What the reader has to know of the figures. */
  notes?: string[]
}

/** One benchmark, a file each, listed in the registry. */
export interface Benchmark {
  name: string
  /** Gives each race to `race` while what it needs is there. */
  run(race: (race: Race) => Promise<void>): Promise<void>
}
