/** Tells somebody outside of something that has happened. */
export interface Notifier {
  /**
   * Posts a CloudEvent to a URL (http, https), or appends it as one line to a file. Gives the reason where that
   * does not work within the time; never throws, and never shows more of a URL than its server.
   */
  send(target: string, event: object, timeoutMs: number): Promise<string | undefined>
}
