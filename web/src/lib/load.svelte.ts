import { ApiError } from '../api'

/** One thing that is asked of the service: its value, or why there is none; a new question drops the old one. */
export class Loader<T> {
  value = $state.raw<T | null>(null)
  error = $state.raw<ApiError | null>(null)
  busy = $state(false)
  #running: AbortController | null = null

  /** Resolves with the value, or with null when it failed or was overtaken. `keep` leaves the old value in place. */
  async load(task: (signal: AbortSignal) => Promise<T>, keep = false): Promise<T | null> {
    this.stop()
    const running = new AbortController()
    this.#running = running
    this.busy = true
    this.error = null
    if (!keep) this.value = null
    try {
      const value = await task(running.signal)
      if (running.signal.aborted) return null
      this.value = value
      return value
    } catch (error) {
      if (running.signal.aborted) return null
      this.value = null
      this.error = asApiError(error)
      return null
    } finally {
      if (this.#running === running) {
        this.#running = null
        this.busy = false
      }
    }
  }

  stop(): void {
    this.#running?.abort()
    this.#running = null
    this.busy = false
  }
}

export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  return new ApiError(0, 'The page could not read the answer', error instanceof Error ? error.message : String(error))
}
