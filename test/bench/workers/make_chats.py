"""Chats for the training rows: verses of two public-domain translations. usage: make_chats.py SWORD_FOLDER OUT_FOLDER"""
import json
import random
import sys

from pysword.modules import SwordModules

TRAIN, HELD_OUT, SEED = 512, 128, 7


def verses(folder):
    modules = SwordModules(folder)
    modules.parse_modules()
    english, spanish = (modules.get_bible_from_module(name) for name in ("engWEB2015eb", "spaRV1909eb"))
    for book in english.get_structure().get_books()["nt"]:
        for chapter in range(1, book.num_chapters + 1):
            for verse in range(1, book.chapter_lengths[chapter - 1] + 1):
                pair = []
                for text in (english, spanish):
                    try:
                        words = text.get(books=[book.name], chapters=[chapter], verses=[verse]).split()
                    except ValueError:  # not every verse is in both
                        words = []
                    pair.append(" ".join(words))
                if all(pair):
                    yield pair


def main():
    folder, out = sys.argv[1:3]
    pairs = list(verses(folder))
    random.Random(SEED).shuffle(pairs)
    for name, part in (("train", pairs[:TRAIN]), ("eval", pairs[TRAIN : TRAIN + HELD_OUT])):
        with open(f"{out}/chat_{name}.jsonl", "w", encoding="utf-8") as file:
            for english, spanish in part:
                messages = [
                    {"role": "user", "content": "Translate to Spanish: " + english},
                    {"role": "assistant", "content": spanish},
                ]
                file.write(json.dumps({"messages": messages}, ensure_ascii=False) + "\n")


main()
