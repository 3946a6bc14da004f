import { exitCodes } from '../errors.js'
import type { FrozenPlan } from '../model/frozen-plan.js'
import { jobContainer } from '../model/in-cluster.js'
import type { KubeObject } from '../model/kube-object.js'
import { releaseCommand, type ReleaseName } from '../model/release.js'
import type { WritePorts } from '../ports/ports.js'
import { documentOf } from '../report/document.js'
import { formatJobObjects, jobDocuments } from '../report/job.js'
import { formatPlanBriefly } from '../report/plan.js'
import { questionOf } from '../report/question.js'
import { prepareFrozen } from '../workflows/apply-plan.js'
import { followJob, type FollowedJob } from '../workflows/follow-job.js'
import {
  cleanUpJob,
  findJob,
  prepareJob,
  startJob,
  type JobObjects,
  type StartedJob,
} from '../workflows/run-in-cluster.js'
import { ChangingCommand } from './changing-command.js'
import { jobFiles, jobWish } from './job-wish.js'
import { applyWish } from './request.js'

/** A frozen plan as a Job of the cluster: show, ask, make its objects, follow its log. */
export abstract class InClusterCommand extends ChangingCommand {
  /** Exits as the run does. */
  protected async runInCluster(frozen: FrozenPlan): Promise<void> {
    const wish = jobWish(this.words, process.env)
    const ports = await this.connectForUpgrade()
    const begun = await findJob(frozen.plan, this.jobNamespace(frozen), ports)
    const { release } = frozen.plan
    if (begun) return this.follow(begun, release, ports)
    const given = applyWish(this.words)
    // It is the Job that needs the rights.
    const prepared = await prepareFrozen(frozen, { ...given, permissions: 'to-know' }, ports)
    const { plan } = prepared
    const ended = { plan, doneSteps: [], elapsedMs: 0 }
    if (plan.verdict !== 'ready')
      return this.conclude({ ...ended, result: plan.verdict }, (view) => formatPlanBriefly(plan, view))
    const values = await ports.helm.mergeValues(given.valueArguments)
    const objects = await prepareJob(prepared, jobFiles(frozen, values.reveal()), wish, ports)
    const all = inOrder(objects)
    const document = documentOf('InClusterPlan', { plan, objects: jobDocuments(all) })
    const isDry = this.words.flags['dry-run'] !== 'none'
    const show = isDry ? this.emit.bind(this) : this.showBeforeAsking.bind(this)
    show(document, (view) => `${formatPlanBriefly(plan, view)}\n${formatJobObjects(all, view)}`)
    if (isDry) return
    const consent = await this.ask({ ...plan, question: `As a Job: ${questionOf(plan)}` }, ports)
    if (consent === 'declined') return this.conclude({ ...ended, result: 'declined' })
    const interrupts = this.beginChanges()
    await this.follow(await startJob(objects, ports), release, ports, interrupts)
  }

  private async follow(
    job: StartedJob,
    release: ReleaseName,
    ports: WritePorts,
    interrupts = this.beginChanges(),
  ): Promise<void> {
    this.progress.sink({ type: 'note', message: startedText(job) })
    const onLine = (line: string): void => this.progress.say(line)
    this.tellEnd({ ...job, release }, await followJob(job, onLine, ports, interrupts.finishStep))
  }

  private jobNamespace({ plan }: FrozenPlan): string {
    const { 'namespace-of-job': given } = this.words.flags
    return typeof given === 'string' ? given : plan.release.namespace
  }

  protected async cleanUp(frozen: FrozenPlan): Promise<void> {
    const ports = await this.connectForUpgrade()
    const removed = await cleanUpJob(frozen, this.jobNamespace(frozen), ports)
    this.emit(documentOf('InClusterCleanup', { removed }), () =>
      removed.length === 0
        ? 'nothing is left of a run of this plan\n'
        : `taken away: ${removed.join(', ')}\n`,
    )
  }

  private tellEnd(job: StartedJob & { release: ReleaseName }, followed: FollowedJob): void {
    const { namespace, name, release } = job
    const exitCode = exitCodeOf(followed, this.interrupts?.exitCode())
    this.emit(documentOf('InClusterRun', { namespace, job: name, ...followed, exitCode }), () => {
      const reason = followed.reason === undefined ? '' : `: ${followed.reason}`
      if (followed.state !== 'running') return `Job ${namespace}/${name} ${followed.state}${reason}\n`
      return `the run goes on in the cluster; follow it: kubectl logs -f job/${name} -c ${jobContainer} -n ${namespace}; or wait for its end: ${releaseCommand('status', release)} --wait\n`
    })
    process.exitCode = exitCode
  }
}

function inOrder({ clusterRole, rights, job, owned }: JobObjects): KubeObject[] {
  return [clusterRole, ...rights, job, ...owned]
}

function startedText({ namespace, name, isNew }: StartedJob): string {
  return `Job ${namespace}/${name} ${isNew ? 'is started' : 'of this plan is there already'}; following its log (Ctrl-C stops following only)`
}

/** That of the program, else what the Job says. */
function exitCodeOf({ state, exitCode }: FollowedJob, interrupt: number | undefined): number {
  if (exitCode !== undefined) return exitCode
  if (state === 'succeeded') return exitCodes.done
  if (state === 'running') return interrupt ?? exitCodes.error
  return state === 'failed' ? exitCodes.failed : exitCodes.error
}
