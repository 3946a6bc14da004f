import { diagnosisCodes } from './diagnosis-codes.js'

/** What one finding code means, for `explain` and docs/findings.md. */
export interface FindingCode {
  title: string
  /** How it is found. */
  found: string
  remedy: string
}

/** Every finding code. A code is never reused; one that is retired stays here and says so. */
export const findingCodes: Record<string, FindingCode> = {
  MU101: {
    title: 'a value has a new name',
    found: "a user-supplied key is in the mesh's table of renamed keys between the two versions",
    remedy: 'nothing: it is carried under its new name; change your own values file',
  },
  MU102: {
    title: 'a value has no effect any more',
    found: "a user-supplied key is in the mesh's table of removed keys between the two versions",
    remedy: 'take it out of your values file; the finding says what replaces it, if anything does',
  },
  MU103: {
    title: 'a value is dropped because the chart no longer has it',
    found: 'the key is among the defaults of the installed chart and not among those of the target',
    remedy: 'look for its successor in the target chart: helm show values; set that with --set',
  },
  MU104: {
    title: 'a value has another shape than the chart expects',
    found: 'the value is a mapping where the default is none, or the reverse',
    remedy: 'set it in the shape of the target chart; helm ignores it with no more than a warning',
  },
  MU105: {
    title: 'an image of your own is kept or its tag reset',
    found:
      "an image value differs from the installed chart's default (and does not name the installed version)",
    remedy: 'make sure that the image exists for the target version, or use --images chart',
  },
  MU106: {
    title: 'earlier values are dropped',
    found: "helm's own values mode of this call keeps fewer values than the release has",
    remedy: 'use --reset-then-reuse-values, or kubectl mesh-upgrade, which carries them',
  },
  MU107: {
    title: 'the image tag is older than the chart',
    found: 'the tag in the values that helm is given names a version before the target',
    remedy: 'leave it out, or name the tag of the target version',
  },
  MU110: {
    title: 'the identity of the mesh would change',
    found: 'the effective meshName or osmNamespace differs before and after',
    remedy: 'leave it as it is; another name is another mesh',
  },
  MU120: {
    title: 'the chart does not render with these values',
    found:
      'helm template of the target chart with the planned values fails (schema, required value, kubeVersion)',
    remedy: "change the values that helm's message names",
  },
  MU201: {
    title: 'a CRD drops a version in which objects may be stored',
    found: 'a version in status.storedVersions is missing from the target CRD',
    remedy: 'migrate the stored objects, then take the version out of status.storedVersions',
  },
  MU202: {
    title: 'a CRD stops serving a version',
    found: 'a version served now is not served by the target CRD',
    remedy: 'move manifests and clients to a version that is served',
  },
  MU203: {
    title: 'fields leave the schema of a CRD that has objects',
    found: 'a property of the live schema is missing from the target schema and not preserved',
    remedy: 'see whether your objects set one; the backup keeps them whole',
  },
  MU204: {
    title: 'a CRD requires a field that it did not',
    found: 'a property becomes required without a default',
    remedy: 'set the field in your objects before they are written again',
  },
  MU205: {
    title: 'an immutable part of a CRD would change',
    found: 'scope or kind differ between the live and the target CRD',
    remedy: 'only deleting and recreating the CRD and its objects would do',
  },
  MU206: {
    title: 'the API server refuses a CRD',
    found: 'a server-side apply with dryRun=All is refused',
    remedy: "follow the server's own words",
  },
  MU207: {
    title: 'a field of a CRD gets a default',
    found: 'the target schema has a default where the live one has none, and objects exist',
    remedy: 'nothing: stored objects show the default when they are read; verification says which did',
  },
  MU208: {
    title: "CRDs are brought by the mesh's own workload",
    found: "the mesh's profile names an owner for the CRDs of the target, whose chart carries none",
    remedy:
      'give them with --crds-from to have them compared, proved and applied first; without it they are backed up, awaited and compared afterwards',
  },
  MU209: {
    title: 'CRDs are left as they are',
    found:
      'the target chart changes or adds CRDs, and this call (plain helm, or --crds skip) does not apply them',
    remedy: 'let kubectl mesh-upgrade update them, or apply them first',
  },
  MU210: {
    title: 'a CRD cannot be taken back once an object is written',
    found: "the target's storage version is not among the versions of the live CRD",
    remedy:
      'know it: a rollback leaves the new CRD in place, which goes on serving the old versions that it has',
  },
  MU211: {
    title: 'a custom resource could not be made again',
    found:
      "--crds recreate: the object, read from the API server, breaks the schema of the target's CRD (required field, type, enum, bound or pattern)",
    remedy: 'mend the object first, or update CRDs in place, which leaves objects as they are',
  },
  MU212: {
    title: 'a custom resource gets a field that the new CRD requires',
    found:
      "--crds recreate: the object lacks it, and the mesh's profile knows what the mesh itself would set",
    remedy: 'consent to it with --accept, or set another value in the object first',
  },
  MU213: {
    title: 'deleting custom resources waits for somebody, or some are being deleted already',
    found: '--crds recreate: objects have finalizers, or a deletionTimestamp',
    remedy: 'make sure that the controllers that take finalizers away run; they are never stripped',
  },
  MU214: {
    title: 'custom resources lose fields for good',
    found: "--crds recreate: objects set fields that the target's CRD does not know",
    remedy:
      'move what they say elsewhere first, or accept the loss with --accept; the backup keeps them whole',
  },
  MU215: {
    title: 'other objects would be deleted with custom resources',
    found:
      '--crds recreate: objects of other kinds name a custom resource in their ownerReferences (unknown: a kind could not be listed); the garbage collector deletes them with their owner',
    remedy: 'update CRDs in place, or take the ownerReferences off first',
  },
  MU216: {
    title: 'custom resources are kept in a version that the new CRD does not serve',
    found: "--crds recreate: the version that objects are read in is not served by the target's CRD",
    remedy: 'go through a version of the mesh whose CRDs serve both',
  },
  MU221: {
    title: 'release notes could not be read',
    found: 'no network, no such file, or no notes for a version in between',
    remedy:
      'give them with --release-notes FILE|URL, or read them yourself; the CRDs were compared all the same',
  },
  MU222: {
    title: 'the release notes miss a CRD change',
    found: 'chart and live CRD differ, the CRD Updates sections do not list the file',
    remedy: 'nothing: the chart decides',
  },
  MU223: {
    title: 'the release notes list a CRD that is already as wanted',
    found: 'the CRD Updates sections list the file, chart and live CRD agree',
    remedy: 'nothing',
  },
  MU301: {
    title: 'a downgrade',
    found: 'the target version is older than the installed one',
    remedy: 'helm rollback; CRDs stay',
  },
  MU302: {
    title: 'too many versions at once',
    found: "the mesh's version policy does not support the jump",
    remedy: 'upgrade to the version that the finding names first',
  },
  MU303: {
    title: 'a version to avoid',
    found: 'the target is known to be broken and mended by a later one',
    remedy: 'choose the later one with --to',
  },
  MU304: {
    title: 'a chart of another name',
    found: "the target chart's name differs from the release's",
    remedy: 'name the right chart',
  },
  MU401: {
    title: 'the stored manifest uses an API that is gone',
    found: 'a kind of the stored manifest is not served by the cluster',
    remedy: 'rewrite the stored manifest (helm plugin mapkubeapis), then upgrade',
  },
  MU402: {
    title: 'the new chart uses an API that is not there',
    found: 'a rendered kind is neither served nor brought by a CRD of the plan',
    remedy: 'switch that part off, or bring its CRDs with --crds-from',
  },
  MU403: {
    title: 'a rendered document could not be read',
    found: 'a document of the manifest is no YAML or no Kubernetes object',
    remedy: 'render the chart with helm template and look at it',
  },
  MU404: {
    title: 'an admission webhook configuration is removed by this upgrade',
    found: 'the stored manifest has it, the new one does not: helm deletes it',
    remedy:
      "pods made while it is away start without what it injects, objects without its check; where the mesh's own workloads make it again, kubectl mesh-upgrade annotates it helm.sh/resource-policy=keep first",
  },
  MU405: {
    title: 'an object that the new chart adds is there already',
    found:
      "a live object of that name lacks helm's marks of this release (label app.kubernetes.io/managed-by, annotations meta.helm.sh/release-name and -namespace); helm refuses it as invalid ownership metadata (unknown: it could not be looked for)",
    remedy:
      'let the release have it (--accept adopt:KIND/NAMESPACE/NAME), rename it, or delete it; what another release owns has to be given up there first',
  },
  MU406: {
    title: 'a field changes that cannot be changed',
    found: 'stored and new manifest differ in a field that the API server keeps as it was made',
    remedy:
      'leave the field as it is, or have the object deleted and made again (--accept recreate:KIND/NAMESPACE/NAME); volumes and claims are never deleted',
  },
  MU501: {
    title: 'a permission is missing',
    found:
      'the API server says no to a SelfSubjectAccessReview of something that the upgrade does (unknown: it does not answer)',
    remedy: 'ask for the permission, or let somebody who has it run the upgrade; a plan needs none of them',
  },
  MU502: {
    title: 'a CRD could not be proved on the API server',
    found: 'the dry-run apply is forbidden for this user',
    remedy: 'ask for permission to patch customresourcedefinitions; the upgrade needs it',
  },
  MU601: {
    title: 'the release is pending',
    found: "helm's newest revision is pending-install, pending-upgrade or pending-rollback",
    remedy: 'make sure no helm runs, then helm rollback to the last good revision',
  },
  MU602: {
    title: 'the last revision failed',
    found: "helm's newest revision is failed",
    remedy: 'the upgrade starts from it; helm compares with the last deployed revision',
  },
  MU603: {
    title: 'the release is uninstalled',
    found: "helm's newest revision is uninstalled or uninstalling",
    remedy: 'install it again',
  },
  MU604: {
    title: 'a CRD cannot be put back as it was',
    found: 'its status.storedVersions names a version that the CRD of the backup does not have',
    remedy:
      'leave the new CRD in place: it goes on serving the old versions; the API server refuses the old one',
  },
  MU606: {
    title: 'helm would delete a rollback point during the upgrade',
    found:
      "the hops write more revisions than helm keeps (--history-max, HELM_MAX_HISTORY, 10 by default), so that the revision of before the run (warning: of a hop) leaves helm's history",
    remedy: 'let helm keep as many as the finding says: --history-max N',
  },
  MU607: {
    title: 'something was accepted that is not needed',
    found: 'an id given with --accept belongs to no step of the plan',
    remedy: 'compare it with the ids that the plan asks for, or leave it out',
  },
  MU608: {
    title: 'somebody changed the release since the run',
    found: 'the newest revision is neither of the run that is taken back nor of a way back from it',
    remedy: 'go back only if that revision may be lost: --accept discard-revision',
  },
  MU609: {
    title: 'custom resources were edited or deleted since the run',
    found: 'an object of the backup is gone, or differs from the live one (server dry-run)',
    remedy: 'go back if that may be undone: --accept overwrite-edits; the run keeps a copy',
  },
  MU610: {
    title: 'the run before this one has not ended well',
    found:
      'the record of the last run (ConfigMap mesh-upgrade.RELEASE) says neither Succeeded nor RolledBack',
    remedy: 'go on with that run (resume) or take it back (rollback) before a new one',
  },
  ...diagnosisCodes,
}
