"""Trains the small tokenizers that the tests use, and writes what the libraries make of some texts.

usage: make_tokenizers.py FOLDER

Needs "tokenizers" and "sentencepiece" from PyPI and Debian's licences; run by hand, the results are kept. FOLDER gets the
tokenizers and expected.txt: a line a text with the tokenizer's file, the text, its tokens and what they are decoded to,
texts in hexadecimal. "tokenizers" takes no invalid UTF-8: it is given U+FFFD in its place, as Lathe does.
"""

import glob
import os
import sys

import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SCRIPTS = "naïve café ÜNÏCODE 你好世界 こんにちは Привет мир مرحبا 🙂🚀👩‍👩‍👧 1234 3.14 it's we'll I'M don't\n\tdef f(x):\n    return x\n"
TEXTS = [
    b"",
    b" ",
    b"   ",
    b"Once upon a time",
    b" Once  upon   a time ",
    b"\n\n\ttabs\r\nand lines \n",
    b"it's we'll DON'T I'm 3.14159 1,234,567",
    "naïve café ÀÉÎ ß İstanbul ﬁne ① ½".encode(),
    "你好，世界。こんにちは カタカナ 한국어".encode(),
    "Привет, мир! مرحبا שלום हिन्दी ไทย".encode(),
    "🙂🚀 👩‍👩‍👧 🇨🇭 e\u0301 a\u0323\u0300".encode(),
    "nbsp\u00a0 ideographic\u3000 zero\u200bwidth \ufeffbom ▁ ▁▁".encode(),
    b"<|begin_of_text|>hi<|eot_id|> <s>x</s> <unk> <0x41> [UNK] <user>me",
    b"free software, FREE SOFTWARE, freedoms; unfree",
    b"http://a.b/c?d=e&f #tag @me {}[]();:!!! ... --- `q`",
    b"\xff\xfe caf\xe9 \xc3 \xe2\x82 \xf0\x9f\x99 end\xc3",
    b"control \x01\x7f characters",
    b"a" * 300,
]


def corpus():
    paths = sorted(path for path in glob.glob("/usr/share/common-licenses/*") if not os.path.islink(path))[:8]
    return "".join(open(path, errors="ignore").read() for path in paths)[:300000] + SCRIPTS * 30


def byte_level(lines):
    tokenizer = Tokenizer(models.BPE(ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(LLAMA3), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<|begin_of_text|>", "<|eot_id|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(
        lines, trainers.BpeTrainer(vocab_size=400, special_tokens=special, initial_alphabet=alphabet, show_progress=False)
    )
    tokenizer.post_processor = processors.Sequence(
        [
            processors.ByteLevel(trim_offsets=False),
            processors.TemplateProcessing(single=f"{special[0]} $A", special_tokens=[(special[0], 0)]),
        ]
    )
    return tokenizer


def word_piece(lines):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    special = ["[UNK]", "[CLS]", "[SEP]"]
    tokenizer.train_from_iterator(
        lines, trainers.WordPieceTrainer(vocab_size=300, special_tokens=special, limit_alphabet=80, show_progress=False)
    )
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    tokenizer.add_tokens([AddedToken("free", single_word=True, normalized=True)])
    return tokenizer


def unigram(lines):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.train_from_iterator(
        lines, trainers.UnigramTrainer(vocab_size=300, special_tokens=["<unk>"], unk_token="<unk>", show_progress=False)
    )
    return tokenizer


def sentence_piece(folder, name, text, **options):
    corpus_file, rules = os.path.join(folder, "corpus"), os.path.join(folder, "rules.tsv")
    with open(corpus_file, "w") as file:
        file.write(text)
    with open(rules, "w") as file:
        # ﬁ, ﬀ and a run of two characters; U+00A0 and U+3000 are spaces.
        file.write("FB01\t66 69\nFB00\t66 66\n61 301\tE1\n65 301\tE9\nA0\t20\n3000\t20\n200B\t\n")
    if options.pop("with_rules"):
        options["normalization_rule_tsv"] = rules
    else:
        options["normalization_rule_name"] = "identity"
    sentencepiece.SentencePieceTrainer.train(
        input=corpus_file, model_prefix=os.path.join(folder, name), user_defined_symbols=["<user>", "Licen"],
        hard_vocab_limit=False, minloglevel=2, num_threads=1, **options
    )
    for left in (corpus_file, rules, os.path.join(folder, name + ".vocab")):
        os.remove(left)


def main(folder):
    os.makedirs(folder, exist_ok=True)
    text = corpus()
    for name, make in (("byte-level", byte_level), ("word-piece", word_piece), ("unigram", unigram)):
        make(text.split("\n")).save(os.path.join(folder, name + ".json"), pretty=False)
    sentence_piece(folder, "bpe", text, model_type="bpe", vocab_size=500, byte_fallback=True, character_coverage=0.999,
                   remove_extra_whitespaces=False, with_rules=False)
    sentence_piece(folder, "unigram", text, model_type="unigram", vocab_size=300, character_coverage=0.9995, with_rules=True)
    with open(os.path.join(folder, "expected.txt"), "w") as file:
        for name in ("byte-level.json", "word-piece.json", "unigram.json", "bpe.model", "unigram.model"):
            path = os.path.join(folder, name)
            for text in TEXTS:
                if name.endswith(".json"):
                    tokenizer = Tokenizer.from_file(path)
                    ids = tokenizer.encode(text.decode("utf-8", "replace")).ids
                else:
                    tokenizer = sentencepiece.SentencePieceProcessor(model_file=path)
                    ids = tokenizer.encode(text)
                decoded = tokenizer.decode(ids).encode()
                file.write(f"{name}\t{text.hex()}\t{' '.join(map(str, ids))}\t{decoded.hex()}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
