"""Tables of what bench/run.py measured, for people, for bench/README.md and for Google Benchmark's tools."""

import math
import os
from pathlib import Path

from measure import PEERS

BEGIN = "<!-- tables: bench/run.py --update-readme writes what follows -->"
END = "<!-- end of tables -->"
# Peers that do a part of a case only, which is no comparison.
PARTS = {"fftw": "the two transforms alone"}


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return "unknown"


def machine_line(context):
    rates = ", ".join(f"{n} threads {rate['FLOP/s'] / 1e9:.0f} GFLOP/s {rate['B/s'] / 1e9:.1f} GB/s"
                      for n, rate in context["limits"].items())
    return f"machine: {context['num_cpus']} processors, {context['processor']}: {rates}"


def ms(value):
    """Milliseconds to three digits or hundredths, whichever is shorter."""
    return f"{value:.3f}" if value < 1 else f"{value:.2f}" if value < 100 else f"{value:.0f}"


def fastest_peer(row):
    """Name and summary of the fastest peer that did all of the case, rightly; or nothing."""
    there = {name: peer for name, peer in row["peers"].items() if name not in PARTS and "disagrees" not in peer}
    return min(there.items(), key=lambda item: item[1]["ms"], default=None)


def ratio(row):
    """The fastest peer's time over Lathe's: above 1 where Lathe is the faster one."""
    best = fastest_peer(row)
    return best[1]["ms"] / row["lathe"]["ms"] if best else None


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def progress_line(row):
    peers = ", ".join(f"{PEERS[name].title} {ms(peer['ms'])}{' ' + peer['disagrees'] if 'disagrees' in peer else ''}"
                      for name, peer in row["peers"].items())
    return (f"{row['family']}: {row['name']}, {row['threads']} threads: Lathe {ms(row['lathe']['ms'])} ms"
            + (f"; {peers}" if peers else ""))


def cells(row, peers):
    own = row["lathe"]
    yield row["name"]
    yield str(row["threads"])
    yield ms(own["ms"])
    yield f"{ms(own['p10'])}–{ms(own['p90'])}"
    yield f"{row['share']:.2f}"
    for name in peers:
        peer = row["peers"].get(name)
        yield (ms(peer["ms"]) + ("†" if name in PARTS else " (wrong)" if "disagrees" in peer else "")) if peer else "–"
    best = fastest_peer(row)
    yield f"{ratio(row):.2f}" if best else ""
    yield f"{own['memory'] / 1e6:.1f}"
    yield f"{best[1]['memory'] / 1e6:.1f}" if best else ""


def family_table(rows, peers):
    """Lines of a table; peers that have none of the family's cases get no column."""
    peers = [name for name in peers if any(name in row["peers"] for row in rows)]
    head = ["case", "threads", "Lathe, ms", "10–90 %", "share of machine", *(PEERS[name].title for name in peers),
            "best peer / Lathe", "MB", "MB, best peer"]
    lines = ["| " + " | ".join(head) + " |", "| --- " + "| ---: " * (len(head) - 1) + "|"]
    lines += ["| " + " | ".join(cells(row, peers)) + " |" for row in rows]
    ratios = [ratio(row) for row in rows if fastest_peer(row)]
    if ratios:
        lines += ["", f"Best peer / Lathe, geometric mean: **{geometric_mean(ratios):.2f}**"]
    lines += [f"† {PEERS[name].title}: {PARTS[name]}" for name in peers if name in PARTS]
    return lines


def reasons(rows):
    """Why peers lack cases, each reason once."""
    seen = {}
    for row in rows:
        for name, reason in row["failures"].items():
            if not reason.startswith("has no"):
                seen.setdefault((name, reason), row["name"])
    return [f"- {PEERS[name].title}, {case}: {reason}" for (name, reason), case in seen.items()]


def tables(results, peers):
    lines = []
    for family in dict.fromkeys(row["family"] for row in results):
        rows = [row for row in results if row["family"] == family]
        lines += [f"### {family.capitalize()}", "", *family_table(rows, peers), ""]
    failed = reasons(results)
    return "\n".join(lines + (["What peers could not do:", "", *failed, ""] if failed else []))


def update(path, context, results, peers, arguments):
    """Writes the tables between the two marks of a document."""
    text = path.read_text()
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise RuntimeError(f"{path}: wants the line '{BEGIN}' and, below it, '{END}', once each")
    versions = ", ".join(f"{PEERS[name].title} {number}" for name, number in context["peers"].items())
    rates = "; ".join(f"{n} threads reach {rate['FLOP/s'] / 1e9:.0f} GFLOP/s and read {rate['B/s'] / 1e9:.1f} GB/s"
                      for n, rate in context["limits"].items())
    intro = (f"`bench/run.py {' '.join(arguments)}` on {context['date']}, {context['num_cpus']} processors of an "
             f"{context['processor']}: {rates}. Peers: {versions or 'none'}.")
    before, rest = text.split(BEGIN)
    written = path.with_suffix(f".md.{os.getpid()}")
    after = rest.split(END)[1]
    written.write_text(f"{before}{BEGIN}\n\n{intro}\n\n{tables(results, peers)}\n{END}{after}")
    written.replace(path)


def as_google_benchmark(context, results):
    """The results as the JSON that Google Benchmark writes: a benchmark a case, peer and number of threads."""
    rows = []
    for row in results:
        for name, summary in {"lathe": row["lathe"], **row["peers"]}.items():
            title = f"{row['family']}/{row['name']}/{name}/threads:{row['threads']}"
            # Google Benchmark's tools want "cpu_time", too; calls are timed by the wall clock alone.
            rows.append({"name": title, "run_type": "iteration", "iterations": summary["calls"],
                         "real_time": summary["ms"], "cpu_time": summary["ms"], "time_unit": "ms",
                         "threads": row["threads"], "p10": summary["p10"], "p90": summary["p90"],
                         "min": summary["min"], "peak_bytes": summary["memory"], "flops": row["flops"],
                         "FLOP/s": row["flops"] / summary["ms"] * 1e3,
                         **{key: summary[key] for key in ("error", "disagrees") if key in summary}})
    return {"context": context, "benchmarks": rows}
