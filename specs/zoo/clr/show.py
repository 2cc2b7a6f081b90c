"""What the small reprogrammed network shows: see README.md."""

SYSTEM = "CLR"
TASKS = {
    "class": "which digit",
    "parity": "odd or even",
    "turned": "which digit, turned and in negative",
}


def logits(zoo, program, number, task):
    image = zoo.path("test_turned.npy" if task == "turned" else "test_images.npy")
    return program.run(["logits"], image=image, task=number)["logits"].values


def accuracy(zoo, rows, task):
    labels = zoo.tensor("test_labels.npy").values
    right = 0
    for i, label in enumerate(labels):
        row = rows[10 * i:10 * i + 10]
        right += row.index(max(row)) == (label % 2 if task == "parity" else label)
    return right / len(labels)


def compile(zoo, tasks, prefix=""):
    """A program of the first `tasks` tasks."""
    weights = [f"tasks.{i}={prefix}{task}.safetensors" for i, task in enumerate(TASKS)]
    return zoo.compile("clr.yaml", ["anchor.safetensors", *weights[:tasks]], "--set",
                       f"tasks={tasks}", name=f"{prefix}{tasks}-tasks")


def show(zoo):
    programs = [compile(zoo, tasks) for tasks in range(1, len(TASKS) + 1)]
    # Of each program, the logits of each of its tasks.
    outputs = [[logits(zoo, program, i, task) for i, task in enumerate(list(TASKS)[:count])]
               for count, program in enumerate(programs, 1)]
    reached = {}
    for i, (task, text) in enumerate(TASKS.items()):
        reached[task] = accuracy(zoo, outputs[-1][i], task)
        zoo.figure(f"{text}: reprogrammed", reached[task], task, "%")
    heads = compile(zoo, len(TASKS), "head-")
    for i, (task, text) in enumerate(TASKS.items()):
        name = "head-" + task
        reached[name] = accuracy(zoo, logits(zoo, heads, i, task), task)
        zoo.figure(f"{text}: a linear head alone", reached[name], name, "%")

    is_same = all(old == new for before, after in zip(outputs, outputs[1:])
                  for old, new in zip(before, after))
    zoo.claim(is_same, "the outputs of the tasks before are the same to the last bit in the "
                       "programs of one, two and three tasks")
    gains = {task: 100 * (reached[task] - reached["head-" + task]) for task in TASKS}
    zoo.claim(gains["turned"] > 5 and min(gains.values()) >= 0,
              f"reprogramming learns what a linear head alone cannot: {gains['turned']:+.1f} "
              f"points on turned digits ({gains['class']:+.1f} on digits, "
              f"{gains['parity']:+.1f} on parity)")
    sizes = [program.weights_bytes for program in programs]
    added, whole = sizes[2] - sizes[1], sizes[0]
    zoo.claim(added < whole / 5, f"a task adds {added:,} bytes to the weights of a program, "
                                 f"whose first task takes {whole:,}")

    def measure(program):
        found = [logits(zoo, program, i, task) for i, task in enumerate(TASKS)]
        right = [accuracy(zoo, rows, task) for rows, task in zip(found, TASKS)]
        return sum(right) / len(right), [value for rows in found for value in rows]

    zoo.precisions("mean of the three tasks: reprogrammed", measure, "clr.yaml",
                   ["anchor.safetensors", *(f"tasks.{i}={task}.safetensors" for i, task in enumerate(TASKS))],
                   unit="%", within={"int8": 0.003}, full=programs[-1])
