import type { Benchmark } from './benchmark.js'
import { help } from './help.js'
import { overhead } from './overhead.js'
import { plan } from './plan.js'
import { version } from './version.js'

/** Every benchmark; adding one is a file and a line here. */
export const benchmarks: readonly Benchmark[] = [version, help, plan, overhead]
