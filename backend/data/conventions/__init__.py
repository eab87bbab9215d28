"""How people write data down: one room of rules that the readers of every kind of data follow.

splits       what train, val and test are called, and rows without a label
names        when two spellings are one name (Unicode), and which file names are safe to show
missing      the words that stand for a missing value, and when they have to be asked about
written      values as they are written; which columns are numbers
encodings    how a text file's letters are stored
dialect      separator, quotes and header of a text table
json_shapes  lines, arrays and pretty-printed objects
told         what a person says of all that
schema       what Parquet, Arrow and pandas say of a table beside its values: class names, the index
joining      tables of one source that type a column differently
chosen       which column is the text, and why
files        which file a written path means
side_table   a table beside files that says something of each
left_out     what is left out: counted, named and said
"""
