"""Compares Lathe's tokenizers with the libraries whose files they read.

usage: compare_tokenizers.py LATHE_TOKENIZE COUNT FILE...

Encodes and decodes COUNT random texts of several scripts by each FILE, with "tokenizers" for .json and
"sentencepiece" for .model (both from PyPI), and by LATHE_TOKENIZE (build/release/bin/lathe-tokenize). Prints a line a
file and the first texts that differ; exits with 1 if any do. Run by hand: the tests compare with what was found so.
"""

import random
import subprocess
import sys

WORDS = (
    "the licence free Free software's don't we'll I'M naïve café Ünïcödé ÀÉÎ ß İstanbul ﬁne ① ½ ² Ⅷ 你好世界 こんにちは カタカナ "
    "Привет мир مرحبا שלום हिन्दी ไทย 한국어 🙂 🚀 👩‍👩‍👧 🇨🇭 e\u0301 a\u0300\u0323 x\u200dy \u200b \ufeff \u00ad ▁ ▁▁ 1234 3.14 "
    "1,000 0 <s> </s> <unk> <0x41> <|endoftext|> <|eot_id|> [UNK] [U] <mask> <sep> <user> Licen ABC ABCD "
    "_snake_case camelCase http://a.b/c?d=e&f {}[]();:!!! ... --- 'quoted' \"q\" `` $100 50% a@b.c #tag \x01 \x7f \u0085 \u180e"
).split(" ")
SPACES = [" ", " ", " ", " ", "", "  ", "   ", "\n", "\n\n", "\t", " \n ", "\r\n", "\u00a0", "\u3000", "\u2003"]


def random_text(rng):
    kind = rng.random()
    if kind < 0.1:
        return "".join(chr(rng.choice([rng.randrange(1, 0x250), rng.randrange(0x250, 0x3000)])) for _ in range(rng.randrange(20)))
    if kind < 0.2:
        return bytes(rng.randrange(1, 256) for _ in range(rng.randrange(20))).decode("utf-8", "replace")
    parts = [rng.choice(SPACES)] if rng.random() < 0.3 else []
    for _ in range(rng.randrange(12)):
        parts += [rng.choice(WORDS), rng.choice(SPACES)]
    return "".join(parts)


def reference(path):
    """encode(text) and decode(ids) of the library for this kind of file."""
    if path.endswith(".json"):
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(path)
        return lambda text: tokenizer.encode(text).ids, lambda ids: tokenizer.decode(ids)
    from sentencepiece import SentencePieceProcessor

    processor = SentencePieceProcessor(model_file=path)
    return processor.encode, processor.decode


def main(program, count, *paths):
    bad = False
    for path in paths:
        rng = random.Random(path.rsplit("/", 1)[-1])
        texts = [random_text(rng) for _ in range(int(count))]
        lines = "".join(text.encode().hex() + "\n" for text in texts)
        found = subprocess.run([program, path], input=lines, capture_output=True, text=True, check=True).stdout.split("\n")
        encode, decode = reference(path)
        ids_differ, texts_differ, examples = 0, 0, []
        for text, line in zip(texts, found):
            ids, _, decoded = line.partition("\t")
            wanted = encode(text)
            if ids.split() != [str(i) for i in wanted]:
                ids_differ += 1
                examples.append(f"  {text!r}: got {ids}, wanted {' '.join(map(str, wanted))}")
                continue
            got = bytes.fromhex(decoded).decode()
            if got != decode(wanted):
                texts_differ += 1
                examples.append(f"  {text!r}: decoded {got!r}, wanted {decode(wanted)!r}")
        print(f"{path}: {count} texts, {ids_differ} with other tokens, {texts_differ} with other texts")
        print("".join(example + "\n" for example in examples[:5]), end="")
        bad |= bool(examples)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
