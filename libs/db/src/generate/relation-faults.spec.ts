import { Column, Entity, ManyToOne, OneToMany, PrimaryGeneratedColumn } from 'typeorm';
import { entities } from '../entities.js';
import { relationFaults } from './relation-faults.js';

@Entity('authors')
class Author {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @OneToMany('Book', 'author')
  books?: Book[];

  @OneToMany('Book', 'writer')
  wrong?: Book[];
}

@Entity('books')
class Book {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @Column({ type: 'text' })
  title!: string;

  @ManyToOne(() => Author, 'books')
  author?: Author;
}

@Entity('lonely')
class Lonely {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @ManyToOne('Nobody')
  nobody?: object;
}

@Entity('pages')
class Page {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @ManyToOne(() => Author, 'books')
  author?: Author;
}

describe('relation faults', () => {
  it('are none in the schema', async () => {
    expect(await relationFaults(Object.values(entities))).toEqual([]);
  });

  it('name an inverse property that is not there, which TypeORM passes over', async () => {
    expect(await relationFaults([Author, Book])).toEqual([
      'Author.wrong: Book has no relation “writer”, which is named as its inverse',
    ]);
  });

  it('name a target that is not there', async () => {
    expect(await relationFaults([Lonely])).toEqual([expect.stringContaining('Lonely#nobody was not found')]);
  });

  it('name an inverse that leads elsewhere', async () => {
    expect(await relationFaults([Author, Book, Page])).toContain('Page.author: its inverse Author.books leads to Book');
  });
});
