"""What `python -m ppo_edu` offers: train an agent, sweep over settings, grade a class, restore a notebook."""

import argparse
import sys
from dataclasses import fields
from pathlib import Path

from ppo_edu.config import PPOConfig


def main(argv=None):
    """Run one command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m ppo_edu", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    _add_train(commands.add_parser("train", help="train a PPO agent and say how well it plays", epilog=_EPILOG))
    sweep = commands.add_parser("sweep", help="the PPO paper's Table 1 on small tasks, resumable")
    sweep.add_argument("file", help="results go into this CSV file, and runs it already holds are not made again")
    sweep.add_argument("--jobs", type=int, help="how many runs at once (default: half the cores)")
    sweep.add_argument("--seeds", type=int, default=5, help="seeds 1 to N (default 5)")
    sweep.add_argument("--tasks", nargs="+", metavar="ID", help="some of the tasks only")
    sweep.add_argument("--methods", nargs="+", metavar="NAME", help="some of the methods only")
    grade = commands.add_parser("grade", help="grade notebooks that were handed in (Linux)")
    grade.add_argument("paths", nargs="+", help="notebooks, or folders with one folder for each student")
    grade.add_argument("--master", metavar="DIR", help="the exercises as they were handed out (default: exercises/)")
    grade.add_argument("--out", metavar="DIR", default="grades", help="results go here, and are not made again")
    grade.add_argument("--jobs", type=int, help="how many notebooks at once (default: the cores)")
    grade.add_argument("--training", action="store_true", help="also the items that train an agent: a minute each")
    gains = commands.add_parser("gains", help="before and after the course, from learners' progress files")
    gains.add_argument("paths", nargs="+", help="progress.json files, or folders that hold them")
    gains.add_argument("--csv", metavar="FILE", help="write every answer here, one a line")
    reset = commands.add_parser("reset", help="restore the notebooks of one lesson in work/, keeping a backup")
    reset.add_argument("number", help="the lesson's number, such as 05")
    arguments = parser.parse_args(argv)
    try:
        return COMMANDS[arguments.command](arguments)
    except (ValueError, OSError) as error:
        print(f"{parser.prog} {arguments.command}: {error}", file=sys.stderr)
        return 2


_EPILOG = "Each option is a field of PPOConfig; ppo_edu/config.py has a sentence on each."


def _add_train(parser):
    """One option per field of `PPOConfig`, so the command line cannot fall behind it."""
    parser.add_argument("--env", dest="env_id", metavar="ID", help="Gymnasium id (default CartPole-v1)")
    for name, kind in _config_options().items():
        parser.add_argument(f"--{name.replace('_', '-')}", dest=name, type=kind, metavar=kind.__name__.strip("_"))
    parser.add_argument("--episodes", type=int, default=100, help="fresh episodes to judge the agent by")
    parser.add_argument("--save", metavar="FILE", help="write the agent here")
    parser.add_argument("--csv", metavar="FILE", help="write the history here, one row per iteration")


def _config_options():
    kinds = {f.name: type(f.default) if f.default is not None else float for f in fields(PPOConfig)}
    return {name: on_off if kind is bool else kind for name, kind in kinds.items() if name != "env_id"}


def on_off(text):
    """True for "on", False for "off"."""
    if text not in ("on", "off"):
        raise argparse.ArgumentTypeError(f"on or off, not {text!r}")
    return text == "on"


def train_command(arguments):
    """Train with a progress bar, evaluate, save what was asked for."""
    from tqdm import tqdm

    from ppo_edu.ppo import evaluate, train

    given = {f.name: getattr(arguments, f.name) for f in fields(PPOConfig)}
    config = PPOConfig(**{name: value for name, value in given.items() if value is not None})
    for path in filter(None, (arguments.save, arguments.csv)):
        if not Path(path).absolute().parent.is_dir():
            raise ValueError(f"cannot write {path}: its folder does not exist")
    with tqdm(total=config.iterations, unit="it", disable=None) as bar:

        def on_iteration(history):
            bar.set_postfix_str(f"return {history['return'][-1]:.0f}")
            bar.update()

        agent, history = train(config, on_iteration)
    if history.stopped:
        print(f"stopped early: {history.stopped}")
    if history:
        print(f"{history['env_steps'][-1]:,} steps in {history['seconds'][-1]:.1f} s of training")
    if arguments.csv:
        history.to_csv(arguments.csv)
    if arguments.save:
        agent.save(arguments.save)
    returns = {kind: evaluate(agent, arguments.episodes, greedy=kind == "greedy") for kind in ("sampled", "greedy")}
    means = ", ".join(f"{kind} {values.mean():.1f} ± {values.std():.1f}" for kind, values in returns.items())
    print(f"{config.env_id} seed {config.seed}: mean return of {arguments.episodes} fresh episodes: {means}")
    return 0


def sweep_command(arguments):
    """Make the runs that are missing, with a progress bar, and print the table of all."""
    import os

    from tqdm import tqdm

    from ppo_edu.sweep import METHODS, TASKS, results, sweep, table

    jobs = arguments.jobs or max(1, (os.cpu_count() or 2) // 2)
    tasks, methods = arguments.tasks or list(TASKS), arguments.methods or list(METHODS)
    if not Path(arguments.file).absolute().parent.is_dir():
        raise ValueError(f"cannot write {arguments.file}: its folder does not exist")
    with tqdm(unit="run", disable=None) as bar:

        def on_run(done, total):
            bar.total, bar.n = total, done
            bar.refresh()

        try:
            sweep(arguments.file, tasks, methods, range(1, arguments.seeds + 1), jobs, on_run)
        except KeyboardInterrupt:
            print(f"interrupted; {arguments.file} keeps what is done, and the same command goes on from there")
            return 130
    print(table(results(arguments.file)))
    return 0


def grade_command(arguments):
    """Grade what is not graded yet, with a progress bar; a table on the screen, every item in two files."""
    import os

    from tqdm import tqdm

    from ppo_edu.grading import classroom

    masters = classroom.exercises(arguments.master or Path(__file__).parent.parent / "exercises")
    handed = classroom.handed_in(arguments.paths, masters)
    out = Path(arguments.out)
    out.mkdir(parents=True, exist_ok=True)
    with tqdm(total=len(handed), unit="notebook", disable=None) as bar:

        def on_graded(done, total):
            bar.update(done - bar.n)

        jobs = arguments.jobs or os.cpu_count() or 1
        try:
            rows = classroom.grade_class(handed, out / "grades.jsonl", jobs, arguments.training, on_graded=on_graded)
        except KeyboardInterrupt:
            print(f"interrupted; {out}/grades.jsonl keeps what is graded, and the same command goes on from there")
            return 130
    classroom.write_csv(rows, out / "grades.csv")
    print(classroom.table(rows))
    print(f"every item, with its message: {out}/grades.csv")
    return 0


def gains_command(arguments):
    """A line a learner: the test before and after, and points."""
    from ppo_edu.grading import gains

    learners = gains.read_files(arguments.paths)
    if arguments.csv:
        gains.write_csv(learners, arguments.csv)
    print(gains.gains(learners))
    return 0


def reset_command(arguments):
    """Put a lesson's notebook and exercise in work/ back as they were shipped."""
    from ppo_edu.workspace import reset

    for restored in reset(Path(__file__).parent.parent, arguments.number):
        print(restored)
    return 0


COMMANDS = {
    "train": train_command,
    "sweep": sweep_command,
    "grade": grade_command,
    "gains": gains_command,
    "reset": reset_command,
}
