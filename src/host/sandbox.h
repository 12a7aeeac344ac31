/* sandbox -- what a handler process may not do to the rest of the machine, where the kernel
 * can hold it back (Landlock from Linux 5.19 on, seccomp): neither look into or stop other
 * processes of its user, such as the server, nor use what no handler needs: mounts,
 * namespaces, devices, modules, debuggers, keyrings, io_uring. Files and the network stay as
 * they are. docs/design.md, "The sandbox of handlers". */
#ifndef OFFHOOK_HOST_SANDBOX_H
#define OFFHOOK_HOST_SANDBOX_H

/* For the process and all that it starts, from now on; set-user-id programs have no effect
 * then. Before it has threads. What the kernel does not have is left out. */
void sandbox_enter(void);

#endif
