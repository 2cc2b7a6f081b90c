"""llama.cpp through its Python package, on a GGUF file of the case's own weights: GEB's form of a decoder."""

import gguf
import llama_cpp
import numpy as np
from safetensors.numpy import load_file

from peers.job import Prepared, Unable

NAMES = {
    "model.embed_tokens.": "token_embd.", "model.norm.": "output_norm.", "lm_head.": "output.", "model.layers.": "blk.",
    ".input_layernorm.": ".attn_norm.", ".post_attention_layernorm.": ".ffn_norm.", ".self_attn.q_proj.": ".attn_q.",
    ".self_attn.k_proj.": ".attn_k.", ".self_attn.v_proj.": ".attn_v.", ".self_attn.o_proj.": ".attn_output.",
    ".mlp.up_proj.": ".ffn_up.", ".mlp.down_proj.": ".ffn_down.",
}
# How llama.cpp's users store matrices for what Lathe calls so.
TYPES = {"f32": gguf.GGMLQuantizationType.F32, "bf16": gguf.GGMLQuantizationType.BF16,
         "int8": gguf.GGMLQuantizationType.Q8_0, "int4": gguf.GGMLQuantizationType.Q4_0}


def renamed(name):
    for ours, theirs in NAMES.items():
        name = name.replace(ours, theirs)
    return name


def fuse_gates(weights):
    """Gates above what they act on, one matrix a layer, as GLM has them."""
    for name in [name for name in weights if ".gate_proj." in name]:
        up = name.replace("gate_proj", "up_proj")
        weights[up] = np.concatenate([weights.pop(name), weights[up]])
    return weights


def write_model(job, path):
    """GEB's network in GGUF, as one of GLM's kind: these rotate neighbouring pairs in half of a head."""
    weights = fuse_gates(load_file(job.weights))
    vocabulary, hidden = weights["model.embed_tokens.weight"].shape
    writer = gguf.GGUFWriter(path, "chatglm")
    writer.add_context_length(job.setting("context", 4096))
    writer.add_embedding_length(hidden)
    writer.add_block_count(job.setting("layers", 24))
    writer.add_feed_forward_length(5632)
    writer.add_head_count(16)
    writer.add_head_count_kv(4)
    writer.add_rope_dimension_count(64)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(vocabulary)
    writer.add_tokenizer_model("llama")
    writer.add_token_list([f"<{i}>" for i in range(vocabulary)])
    writer.add_token_scores([0.0] * vocabulary)
    writer.add_token_types([gguf.TokenType.NORMAL] * vocabulary)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    for name, array in weights.items():
        if array.ndim == 2:
            kind = TYPES[job.stored]
            writer.add_tensor(renamed(name), gguf.quants.quantize(array, kind), raw_dtype=kind)
        else:
            writer.add_tensor(renamed(name), array)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def prepare(job):
    if job.stem != "geb-1.3b":
        raise Unable("has no such network")
    path = job.folder / "model.gguf"
    if not path.exists():
        write_model(job, path)
    model = llama_cpp.Llama(str(path), n_ctx=job.setting("context", 4096), n_batch=512, n_ubatch=512,
                            n_threads=job.threads, n_threads_batch=job.threads, flash_attn=True, n_gpu_layers=0,
                            verbose=False)
    tokens = next(iter(job.inputs().values()))[0].tolist()
    past = job.case["dims"].get("past", 0)
    if past:
        model.eval([3] * past)

    def call():
        model.n_tokens = past  # it forgets what comes after
        model.eval(tokens)
        llama_cpp.llama_synchronize(model.ctx)

    def outputs():
        # After a prompt that Lathe has not read the logits are others.
        return [] if past else [np.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(model.ctx, -1),
                                                      (model.n_vocab(),)).copy()[None, None]]

    return Prepared(call, outputs)
