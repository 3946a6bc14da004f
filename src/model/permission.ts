/** What is asked of the API server: may I do this to that? */
export interface AccessQuestion {
  verb: string
  group: string
  /** Plural, as in `kubectl auth can-i`. */
  resource: string
  /** Absent for what belongs to no namespace. */
  namespace?: string
  /** Absent: any object of the kind. */
  name?: string
}

/** Something that an upgrade has to be allowed to do. */
export interface Permission extends Omit<AccessQuestion, 'name'> {
  /** Objects it is needed for; empty where no role can name them (`create`). */
  names: string[]
}

/** A permission as the API server answers for the person who asks. */
export interface PermissionAnswer {
  permission: Permission
  answer: 'allowed' | 'denied' | 'unknown'
  /** The objects that it is denied for; empty where it is all of them. */
  deniedNames: string[]
  /** The server's own words, where it has any. */
  reason: string
}
