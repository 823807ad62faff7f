import { api, type ServiceStatus } from '../api'
import { Loader } from './load.svelte'

/** What is served, asked once; the home, about and ask views and the footer show it. */
export const service = new Loader<ServiceStatus>()

export const askService = (): Promise<unknown> => service.load((signal) => api.status(signal))
