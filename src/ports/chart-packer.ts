import type { Chart } from '../model/chart.js'
import type { FrozenChart } from '../model/frozen-plan.js'

/** Charts as texts that travel in a file. */
export interface ChartPacker {
  /** The chart's files as one text. Throws `ChartUnreadable`. */
  pack(chart: Chart): Promise<string>
  /** Unpacks and loads a chart into a folder of this process. Throws `PlanFileInvalid`, whatever the text. */
  unpack(frozen: FrozenChart & { files: string }): Promise<Chart>
}
