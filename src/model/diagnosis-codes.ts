import type { FindingCode } from './finding-codes.js'

/** Codes of what keeps a rollout from finishing. */
export const diagnosisCodes: Record<string, FindingCode> = {
  MU701: {
    title: 'no node has the CPU or memory that a pod asks for',
    found: "the scheduler's message about a pod without a node says Insufficient cpu or Insufficient memory",
    remedy:
      'let the old pod go first where that makes room, lower the request with --set, or add CPU or memory to the cluster',
  },
  MU702: {
    title: 'the CRDs are out of step with the program that uses them',
    found:
      'the log of a pod that is not ready says that the server could not find a version of a custom resource',
    remedy:
      "bring the CRDs to the chart's version with kubectl mesh-upgrade, which keeps the custom resources, then restart the program",
  },
  MU703: {
    title: 'image and chart are of different versions',
    found:
      'a program refuses its command line: FatalInvalidCLIParameters in its log or an event, or unknown flag in its log',
    remedy: "set the image tag to the chart's own, or use --images chart",
  },
  MU704: {
    title: 'an image cannot be pulled',
    found: 'a container waits with ErrImagePull, ImagePullBackOff, InvalidImageName or the like',
    remedy: "follow the registry's words, which the finding shows: name, access, network, platform or disk",
  },
  MU705: {
    title: 'a container crashes again and again',
    found: 'a container is in CrashLoopBackOff, has failed, or was restarted twice without becoming ready',
    remedy: 'its last exit code and log lines are shown; where it was OOMKilled, raise its memory limit',
  },
  MU706: {
    title: 'a pod is not ready',
    found:
      'the scheduler, the node or a probe says why a pod is not ready, and none of the other causes fits; or it has been starting for more than 30 s',
    remedy: 'look at its description and its log',
  },
  MU707: {
    title: 'helm recorded a revision as failed whose workloads are well',
    found:
      'the newest revision is failed in the storage of helm, and every workload is up to date and available',
    remedy: 'verify the mesh, then upgrade again or go back: helm does not look again by itself',
  },
  MU709: {
    title: 'something that may tell the cause could not be read',
    found: 'events, logs, nodes, Jobs, ReplicaSets or CRDs could not be read while a rollout is not complete',
    remedy: 'ask for the permissions that the finding names, then troubleshoot again',
  },
}
