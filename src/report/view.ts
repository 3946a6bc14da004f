/** How a report is laid out; reports are functions of a model and a view. */
export interface View {
  colour: boolean
  /** Columns of the terminal. */
  width: number
  /** The name that the user typed: `kubectl mesh-upgrade`. */
  program: string
}

/** What a plan's report shows besides the plan. */
export interface PlanView extends View {
  showDiff?: boolean
}
