"""The duty administrator's and the director's pages about people: the school's lists, and who may be on one."""
