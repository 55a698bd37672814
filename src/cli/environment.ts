import {delimiter} from 'node:path';

/** The environment variables of the process, as given. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** What the environment says: vic-machine's words, and govc's, which they beat. An empty variable is an absent one. */
export interface Environment {
  readonly vicMachine: {
    readonly target: string | undefined;
    readonly user: string | undefined;
    readonly password: string | undefined;
    readonly thumbprint: string | undefined;
  };
  readonly govc: {
    readonly url: string | undefined;
    /** The user, or the path of a file that holds it. */
    readonly username: string | undefined;
    /** The password, or the path of a file that holds it. */
    readonly password: string | undefined;
    readonly insecure: boolean;
    readonly caCerts: readonly string[];
    readonly knownHosts: readonly string[];
  };
}

/** Reads the variables that vic-machine and govc know. */
export function readEnvironment(variables: Variables): Environment {
  const read = (name: string) => (variables[name] === '' ? undefined : variables[name]);
  const list = (name: string) => (read(name) ?? '').split(delimiter).filter((path) => path !== '');
  return {
    vicMachine: {
      target: read('VIC_MACHINE_TARGET'),
      user: read('VIC_MACHINE_USER'),
      password: read('VIC_MACHINE_PASSWORD'),
      thumbprint: read('VIC_MACHINE_THUMBPRINT'),
    },
    govc: {
      url: read('GOVC_URL'),
      username: read('GOVC_USERNAME'),
      password: read('GOVC_PASSWORD'),
      insecure: ['1', 't', 'true'].includes((read('GOVC_INSECURE') ?? '').toLowerCase()),
      caCerts: list('GOVC_TLS_CA_CERTS'),
      knownHosts: list('GOVC_TLS_KNOWN_HOSTS'),
    },
  };
}
