/*
 * Loaded into linux.uml (User-Mode Linux 6.1) and its helpers by LD_PRELOAD. It must be C: the dynamic linker has to
 * find `ptrace` here, in a process that has no other interpreter in it.
 *
 * 1. Vector registers. UML keeps 832 bytes of them for each guest thread: what x87, SSE and AVX need. Where the CPU
 *    has more (AVX-512, AMX), the host's kernel refuses to set so short a state, and the guest's first process dies.
 *    Moreover all threads of one guest process share one host process, so that the part beyond the 832 bytes would
 *    go from one thread to another. So the whole state is read and written here, and kept for each guest thread; a
 *    thread is known by where UML keeps its 832 bytes.
 *
 * 2. Ends. Whoever is traced must die with its tracer: let go, guest code would go on as a process of the host. The
 *    same holds for what the guest starts on the host: helper programs (slirp), and threads of its own that wait for
 *    disk and signals, each with a pid.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* Not from <sys/ptrace.h>, whose prototype of ptrace differs from the definition below. See ptrace(2). */
#define PTRACE_PEEKTEXT 1
#define PTRACE_PEEKUSER 3
#define PTRACE_OLDSETOPTIONS 21 /* which UML uses for what its guest's processes fork */
#define PTRACE_SETOPTIONS 0x4200
#define PTRACE_GETREGSET 0x4204
#define PTRACE_SETREGSET 0x4205
#define PTRACE_O_EXITKILL (1 << 20)
#define NT_X86_XSTATE 0x202

#define STATE_SIZE 16384 /* AMX's 8 KiB of tiles and all the rest need 11 KiB */
#define THREADS 8192     /* a power of two; never freed, since UML reuses the memory of its threads */

struct thread {
	const void *area; /* where UML keeps this thread's part */
	long process;     /* the host process the state was read from */
	unsigned char state[STATE_SIZE];
};

static struct thread threads[THREADS]; /* zero pages until used */
static struct thread shared;           /* for when the table is full: the part beyond UML's is then the process's */

static long raw_ptrace(long request, long process, long address, void *data)
{
	return syscall(SYS_ptrace, request, process, address, data);
}

static struct thread *thread_of(const void *area)
{
	size_t first = ((uintptr_t)area >> 6) * 0x9e3779b97f4a7c15u >> 40;
	for (size_t step = 0; step < THREADS; step++) {
		struct thread *candidate = &threads[(first + step) % THREADS];
		if (!candidate->area)
			candidate->area = area;
		if (candidate->area == area)
			return candidate;
	}
	shared.process = 0;
	return &shared;
}

static long read_state(long process, struct thread *thread, size_t *size)
{
	struct iovec whole = { thread->state, sizeof thread->state };
	long result = raw_ptrace(PTRACE_GETREGSET, process, NT_X86_XSTATE, &whole);
	*size = whole.iov_len;
	if (result == 0)
		thread->process = process;
	return result;
}

static long get_registers(long process, struct iovec *wanted)
{
	struct thread *thread = thread_of(wanted->iov_base);
	size_t size;
	if (read_state(process, thread, &size) < 0)
		return -1;
	if (wanted->iov_len > size)
		wanted->iov_len = size;
	memcpy(wanted->iov_base, thread->state, wanted->iov_len);
	return 0;
}

static long set_registers(long process, const struct iovec *given)
{
	static size_t size; /* of the whole state: the same for every process of this machine */
	struct thread *thread = thread_of(given->iov_base);
	/* A thread that is new, or whose process is: what lies beyond UML's part is the process's own. */
	if ((thread->process != process || !size) && read_state(process, thread, &size) < 0)
		return -1;
	memcpy(thread->state, given->iov_base, given->iov_len < size ? given->iov_len : size);
	struct iovec whole = { thread->state, size };
	return raw_ptrace(PTRACE_SETREGSET, process, NT_X86_XSTATE, &whole);
}

/* Takes the place of glibc's wrapper, whose other requests it must therefore serve too. */
long ptrace(int request, ...)
{
	va_list arguments;
	va_start(arguments, request);
	long process = va_arg(arguments, int);
	long address = va_arg(arguments, long);
	void *data = va_arg(arguments, void *);
	va_end(arguments);

	if (request == PTRACE_GETREGSET && address == NT_X86_XSTATE)
		return get_registers(process, data);
	if (request == PTRACE_SETREGSET && address == NT_X86_XSTATE)
		return set_registers(process, data);
	if (request == PTRACE_SETOPTIONS || request == PTRACE_OLDSETOPTIONS)
		data = (void *)((uintptr_t)data | PTRACE_O_EXITKILL);
	if (request >= PTRACE_PEEKTEXT && request <= PTRACE_PEEKUSER) {
		/* The system call stores the word; the wrapper returns it, and only errno tells it from a failure. */
		long word = 0;
		if (raw_ptrace(request, process, address, &word) < 0)
			return -1;
		errno = 0;
		return word;
	}
	return raw_ptrace(request, process, address, data);
}

static void die_with_parent(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

typedef int (*start_function)(void *);
typedef int (*clone_function)(start_function, void *, int, void *, ...);

#define STARTS 64 /* how many clones may be between their call and their first line */

static struct start {
	start_function function;
	void *argument;
} starts[STARTS];
static clone_function real_clone;

static int start_mortal(void *given)
{
	struct start start = *(struct start *)given;
	die_with_parent();
	return start.function(start.argument);
}

/* Takes the place of glibc's. UML passes none of the arguments that may follow. */
int clone(start_function function, void *stack, int flags, void *argument, ...)
{
	static unsigned next;
	struct start *start = &starts[next++ % STARTS];
	start->function = function;
	start->argument = argument;
	return real_clone(start_mortal, stack, flags, start);
}

__attribute__((constructor)) static void begin(void)
{
	real_clone = (clone_function)dlsym(RTLD_NEXT, "clone");
	die_with_parent();
}
